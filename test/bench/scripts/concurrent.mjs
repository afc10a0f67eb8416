// A good script: eight conversations are fetched at once, stored ids looked up for fifty conversations at once, and rows
// upserted in bulk, two requests in flight. Listing, look-ups, fetching and upserts overlap.
import { createClient } from '@supabase/supabase-js';
import { messagesOf } from './freshchat.mjs';

const { SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY } = process.env;
const FETCHERS = 8;
const LISTED = 1000; // rows of an answer, at most: Supabase's cap
const LOOK_UP = 50; // conversations
const UPSERT = 500; // rows
const UPSERTS = 2; // in flight

const supabase = createClient(SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY, { auth: { persistSession: false } });

async function rows(query) {
  const { data, error } = await query;
  if (error) throw new Error(error.message);
  return data;
}

async function* pagesOf(query) {
  for (let from = 0; ; from += LISTED) {
    const page = await rows(query().range(from, from + LISTED - 1));
    yield page;
    if (page.length < LISTED) return;
  }
}

async function storedIds(conversations) {
  const stored = new Set();
  for await (const page of pagesOf(() => supabase.from('Message').select('id').in('conversationid', conversations).order('id'))) {
    for (const { id } of page) stored.add(id);
  }
  return stored;
}

// Each conversation with the ids stored for its batch; the next batch is looked up meanwhile.
async function* work() {
  let ahead;
  for await (const page of pagesOf(() => supabase.from('Conversation').select('id').order('created_time').order('id'))) {
    for (let first = 0; first < page.length; first += LOOK_UP) {
      const batch = page.slice(first, first + LOOK_UP).map(({ id }) => id);
      const current = ahead;
      ahead = { batch, stored: storedIds(batch) };
      if (current) yield* conversationsOf(current);
    }
  }
  if (ahead) yield* conversationsOf(ahead);
}

async function* conversationsOf({ batch, stored }) {
  const ids = await stored;
  for (const id of batch) yield { id, stored: ids };
}

function text(parts) {
  const texts = [];
  for (const part of [parts ?? []].flat()) {
    const found = String(part.text?.content ?? part.content ?? '').trim();
    if (found) texts.push(found);
  }
  return texts.join(' ');
}

let inserted = 0;
let waiting = [];
const underway = new Set();

async function upsert(chunk) {
  const query = supabase.from('Message').upsert(chunk, { onConflict: 'id', ignoreDuplicates: true, count: 'exact' });
  const { count, error } = await query;
  if (error) throw new Error(error.message);
  inserted += count;
}

async function store(fresh) {
  waiting.push(...fresh);
  while (waiting.length >= UPSERT) {
    const chunk = waiting.splice(0, UPSERT);
    while (underway.size >= UPSERTS) await Promise.race(underway);
    const request = upsert(chunk).finally(() => underway.delete(request));
    underway.add(request);
  }
}

const jobs = work();
await Promise.all(Array.from({ length: FETCHERS }, async () => {
  for await (const { id, stored } of jobs) {
    const fresh = (await messagesOf(id)).filter((message) => message.actor_type?.toLowerCase() !== 'system' && !stored.has(message.id));
    await store(fresh.map((message) => ({
      id: message.id, conversationid: id, actor_type: message.actor_type ?? '', message_parts: text(message.message_parts),
      created_time: message.created_time,
    })));
  }
}));
if (waiting.length) underway.add(upsert(waiting));
await Promise.all(underway);
console.log(`${inserted} messages`);
