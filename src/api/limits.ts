/**
 * The limits of the API, in one place; they are documented in the routes' descriptions from here.
 */

const MEBIBYTE = 1_048_576;

/** Bodies of submissions and of relayed events. */
export const BODY_LIMIT = 16 * MEBIBYTE;
/** Bodies of the webhook: the upstream sends at most 2 MB; the rest is margin. */
export const WEBHOOK_BODY_LIMIT = 2.5 * MEBIBYTE;
/** Bodies of everything else. */
export const SMALL_BODY_LIMIT = 256 * 1_024;

export const MAX_SUBMISSIONS = 10_000;
/** Of one call: a file of 150 MB holds at most so many rows. */
export const MAX_RECORDS = 100_000_000;

export const LIST_LIMIT_DEFAULT = 50;
export const LIST_LIMIT_MAX = 500;
/** Link values on one page of missing persons; a submission tells at most so many. */
export const LINK_VALUES_DEFAULT = 100;
export const LINK_VALUES_MAX = 1_000;
/** Requests listed within a roll-up; the roll-up itself counts all of them. */
export const ROLLUP_ITEMS_MAX = 10_000;
/** Dead letters run again by one call. */
export const REDRIVE_MAX = 10_000;

export const WAIT_DEFAULT_MS = 30_000;
/** The longest window of a link field is 65 minutes, and a few more to see it end. */
export const WAIT_MAX_MS = 70 * 60_000;
/** How often a waiting request is looked at without any sign of a change: another process may have stored it. */
export const WAIT_POLL_MS = 1_000;
export const MAX_WAITERS = 5_000;
/** Followers of the live feed have nothing to say. */
export const MAX_FOLLOWER_MESSAGE_BYTES = 1_024;
/** Followers of the live feed hear something at least so often. */
export const HEARTBEAT_MS = 15_000;

/** How long a looked-up key is trusted: within this time a revoked one stops working. */
export const KEY_TTL_MS = 15_000;
export const KEY_CACHE_SIZE = 1_000;
export const MAX_DOUBTFUL_KEYS_PER_SECOND = 100;

/** How long a request may take to arrive, headers and body. */
export const REQUEST_TIMEOUT_MS = 120_000;
export const HEADERS_TIMEOUT_MS = 15_000;
/** How often the two are looked at. */
export const TIMEOUT_CHECK_MS = 5_000;
/** Above what common load balancers keep, so that they close first. */
export const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** How long the store may take to answer a readiness check. */
export const PING_TIMEOUT_MS = 2_000;
/** How long a scrape waits for what the store counts; Prometheus gives up after 10 seconds. */
export const SCRAPE_TIMEOUT_MS = 5_000;

/** Longest id that can be asked for; the store holds none that is longer. */
export const MAX_ID_LENGTH = 1_024;
/** Which events the shares of the sources are told of: those of the last hour, but for what may still be under way. */
export const PATHS_SPAN_MS = 3_600_000;
export const PATHS_SETTLE_MS = 5 * 60_000;
export const DAY_MS = 24 * 3_600_000;
/** Metrics events come hourly: what is younger than this may still be stated. */
export const STATED_WITHIN_MS = 90 * 60_000;
/** Readings of journals that `/v1/stream` tells of. */
export const REPAIRS_TOLD = 50;
/** Charts in steps of less than an hour are folded when asked for, over so long at most. */
export const RECENT_STATS_MS = 3 * 3_600_000;
/** Steps of a chart, and points over all its lines. */
export const STATS_STEPS_MAX = 2_000;
export const STATS_ITEMS_MAX = 20_000;
