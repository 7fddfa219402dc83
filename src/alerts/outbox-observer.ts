/** What the outbox tells whoever measures it. */
export interface OutboxObserver {
  /** @param seconds since the notification was made */
  delivered?(hook: string, seconds: number): void;
  /** An attempt failed; another follows. */
  retried?(hook: string): void;
  /** Given up: refused, or failing for longer than retries go on. */
  undeliverable?(hook: string): void;
  /** Notifications that wait for the hook. */
  waiting?(hook: string, count: number): void;
  /** The hook is being spared, since it keeps failing; or no longer is. */
  spared?(hook: string, isSpared: boolean): void;
}
