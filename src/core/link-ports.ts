/** What the store knows of link values: which of them have a person, and how they are waited for. */

/** The link digests of some requests together. */
export interface LinkStanding {
  /** Distinct ones; 0 where no submission told any. */
  readonly total: number;
  /** Those without a person that surely counts. */
  readonly doubtful: readonly {
    readonly instance: string;
    readonly digest: string;
    /** The newest requests that carried the person. */
    readonly personRequestIds: readonly string[];
  }[];
}

/** How a digest is waited for, as far back as digests are kept. */
export interface LinkWait {
  /** Epoch milliseconds. */
  readonly since: number;
  readonly requests: number;
}

export interface LinkKeyReader {
  linkStanding(requestIds: readonly string[]): Promise<LinkStanding>;
  /** By digest. */
  linkWaits(instance: string, digests: readonly string[]): Promise<Map<string, LinkWait>>;
}
