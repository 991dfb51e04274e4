// The filter of the list: what the address says of it, and what the API is asked.

export const SPANS = {
  '15m': ['last 15 minutes', 900],
  '1h': ['last hour', 3600],
  '24h': ['last 24 hours', 86400],
  '7d': ['last 7 days', 604800],
};

/** Times of the API are whole seconds. */
export function wholeSeconds(time) {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** What the API is asked for the parameters of the address. */
export function toQuery(params, now = Date.now()) {
  const query = {};
  const [state, since, from, to] = ['state', 'since', 'from', 'to'].map((name) => params.get(name));
  if (state) query.state = state;
  if (SPANS[since]) query.created_from = wholeSeconds(now - SPANS[since][1] * 1000);
  else if (from) query.created_from = from;
  if (to) query.created_to = to;
  if (params.get('owner')) query.owner = params.get('owner');
  return query;
}

/** A time as an input of type datetime-local has it, in the user's zone. */
export function toLocal(time) {
  if (!time || Number.isNaN(Date.parse(time))) return '';
  const date = new Date(time);
  return new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}
