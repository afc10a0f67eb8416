-- The database of the local stack: roles and rights as on Supabase, the two default tables, and tables that misbehave.

-- Roles. PostgREST logs in as authenticator and becomes the role that the key names.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s'; -- service_role has none of its own and falls under this one
-- Not on Supabase: a service role whose statements are cancelled (57014) after 0.3 s, so that a test need not wait for 8.
create role hasty_service nologin noinherit bypassrls;
alter role hasty_service set statement_timeout = '300ms';
grant anon, authenticated, service_role, hasty_service to authenticator;

grant usage on schema public to anon, authenticated, service_role, hasty_service;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role, hasty_service;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role, hasty_service;

-- The default tables. Row-level security without a policy: a service key passes by it, anon sees nothing and may write nothing.
create table "Conversation" (
  id text primary key,
  userid text,
  status text,
  channel_id text,
  created_time timestamptz(6),
  updated_time timestamptz(6),
  assigned_to text,
  custom_properties jsonb
);
create index on "Conversation" (created_time, id);
alter table "Conversation" enable row level security;

create table "Message" (
  id text primary key,
  conversationid text not null references "Conversation" on delete cascade,
  actor_type text not null,
  message_parts text not null default '[]',
  created_time timestamptz(6) not null,
  rating int
);
create index on "Message" (conversationid);
create index on "Message" (created_time);
alter table "Message" enable row level security;

-- For anon keys: the same tables with policies that let everyone in.
create table "Conversation_open" (like "Conversation" including all);
create table "Message_open" (like "Message" including all);
alter table "Conversation_open" enable row level security;
alter table "Message_open" enable row level security;
create policy everyone on "Conversation_open" to anon using (true) with check (true);
create policy everyone on "Message_open" to anon using (true) with check (true);

-- Stays empty: "no conversations found".
create table "Conversation_empty" (like "Conversation" including all);

-- From here on each table differs from Message in what its name says. None refers to Conversation, so any conversationid will do.

-- No unique key on id: 42P10, and without on_conflict rows would double.
create table "Message_no_key" (like "Message" including defaults);

-- A right is missing: 42501.
create table "Message_no_insert" (like "Message" including all);
revoke insert, update on "Message_no_insert" from service_role;
create table "Message_no_update" (like "Message" including all);
revoke update on "Message_no_update" from service_role;
create table "Message_no_select" (like "Message" including all);
revoke select on "Message_no_select" from service_role;

-- Rows can be poison: text 'poison' 23514, a long id or text 22001, actor_type null 23502, a second row of one created_time 23505.
create table "Message_checked" (
  id varchar(40) primary key,
  conversationid varchar(40) not null,
  actor_type varchar(10) not null,
  message_parts varchar(200) not null check (message_parts <> 'poison'),
  created_time timestamptz(6) not null unique
);

-- Every row is poison, as the columns are of other types than the rows: 22P02 for each id.
create table "Message_uuid" (like "Message" including all);
alter table "Message_uuid" alter column id type uuid using id::uuid;

-- Other column names, and the whole message as jsonb.
create table "Message_mapped" (
  msg_id text primary key,
  conv text not null,
  who text,
  body text,
  at timestamptz,
  payload jsonb
);
create index on "Message_mapped" (conv);

-- A key of its own beside a unique id, with a default from a sequence.
create table "Message_serial" (like "Message" including defaults, nr bigserial primary key, unique (id));

-- A name that must be quoted and percent-encoded wherever it appears.
create table "Müll, ""Nachrichten""" (like "Message" including all);

-- Rows say how they want to fail: message_parts 'raise CODE' raises that SQLSTATE, each time;
-- 'raise CODE twice' raises it twice and lets the third try pass ("select setval('fault_tries', 1, false)" starts anew).
-- 40001 only with 'twice': PostgREST 12.0.2 repeats a transaction that ends in it by itself, and never gives up.
create sequence fault_tries;
create function raise_as_told() returns trigger language plpgsql as $$
declare
  told text[] := regexp_match(new.message_parts, '^raise ([0-9A-Z]{5})( twice)?$');
begin
  -- A sequence is not rolled back with the statement, so it can count tries.
  if told[2] is null or nextval('fault_tries') % 3 <> 0 then
    raise exception 'refused: %', new.message_parts using errcode = told[1];
  end if;
  return new;
end $$;
create table "Message_raising" (like "Message" including all);
create trigger raising before insert on "Message_raising" for each row
  when (new.message_parts like 'raise %') execute function raise_as_told();

-- A test gives it a trigger.
create table "Message_refusing" (like "Message" including all);

-- 10 ms a row: with the hasty_service role more than about 25 rows in one request end in a real 57014.
create function doze() returns trigger language plpgsql as $$
begin
  perform pg_sleep(0.01);
  return new;
end $$;
create table "Message_slow" (like "Message" including all);
create trigger slow before insert on "Message_slow" for each row execute function doze();
