const { FRESHCHAT_DOMAIN, FRESHCHAT_TOKEN } = process.env;
const PAGE = 50; // messages: Freshchat's cap

export async function messagesOf(conversation) {
  const messages = [];
  for (let page = 1; ; page++) {
    const url = `${FRESHCHAT_DOMAIN}/v2/conversations/${encodeURIComponent(conversation)}/messages?page=${page}&items_per_page=${PAGE}`;
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${FRESHCHAT_TOKEN}` } });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const body = await answer.json();
    messages.push(...body.messages);
    if (body.messages.length < PAGE) return messages;
  }
}
