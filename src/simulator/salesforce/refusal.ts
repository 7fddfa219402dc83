/** A call that Data Cloud does not take: its status, and the body that says why. */

export class DataCloudRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "DataCloudRefusal";
    this.status = status;
    this.code = code;
  }
}
