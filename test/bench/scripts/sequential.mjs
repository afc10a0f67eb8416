// One conversation after the other: which messages are stored, every page from Freshchat, and one upsert for each new message.
import { createClient } from '@supabase/supabase-js';
import { messagesOf } from './freshchat.mjs';

const { SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY } = process.env;
const supabase = createClient(SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY, { auth: { persistSession: false } });

function must({ data, error }) {
  if (error) throw new Error(error.message);
  return data;
}

function text(parts) {
  return [parts ?? []].flat().map((part) => part.text?.content ?? part.content ?? '').map((s) => String(s).trim()).filter(Boolean).join(' ');
}

let inserted = 0;
for (let from = 0; ; from += 1000) {
  const conversations = must(await supabase.from('Conversation').select('id').order('created_time').range(from, from + 999));
  for (const { id } of conversations) {
    const stored = new Set(must(await supabase.from('Message').select('id').eq('conversationid', id)).map((row) => row.id));
    for (const message of await messagesOf(id)) {
      if (message.actor_type?.toLowerCase() === 'system' || stored.has(message.id)) continue;
      must(await supabase.from('Message').upsert({
        id: message.id, conversationid: id, actor_type: message.actor_type ?? '', message_parts: text(message.message_parts),
        created_time: message.created_time,
      }, { onConflict: 'id' }));
      inserted++;
    }
  }
  if (conversations.length < 1000) break;
}
console.log(`${inserted} messages`);
