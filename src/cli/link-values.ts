/**
 * What digests stand for. Only the submitting side knows, and only on its own machine: the service never does.
 */

/** Values by digest, of those that are known here. */
export type LinkValues = (digests: readonly string[]) => Promise<ReadonlyMap<string, string>>;

export const noLinkValues: LinkValues = () => Promise.resolve(new Map());
