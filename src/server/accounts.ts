/** The persons who may log in. */
export interface Accounts {
  readonly file: string;
}
