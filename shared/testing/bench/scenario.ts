// What a scenario of the bench is, and what it tells.

/** Named figures of one thing measured; a name carries its unit (`p50 ms`). */
export type Figures = Readonly<Record<string, number | string>>;

/** One line of a table. */
export interface Row {
  /** What was measured: `edge`, `bare Deno`, `ceiling`. */
  readonly subject: string;
  readonly figures: Figures;
}

/** Where a scenario tells what it found. */
export interface Report {
  /** Adds a line to the scenario's table. */
  row(subject: string, figures: Figures): void;
  /** Adds a sentence under the table. */
  note(text: string): void;
}

/** How a run of the bench is wanted. */
export interface BenchOptions {
  /** How often each subject is measured; the figures are the medians. */
  readonly rounds: number;
  /** Other servers to measure beside: `name=command with {port}`. */
  readonly beside: readonly string[];
}

/** Runs one scenario to its end. */
export type RunScenario = (report: Report, options: BenchOptions) => Promise<void>;

/** One entry of the registry in main.ts. */
export interface Scenario {
  /** One line for `--help` and above the table. */
  readonly about: string;
  /** Whether `deno task bench` without names runs it. */
  readonly usual: boolean;
  readonly load: () => Promise<RunScenario>;
}

/** What a scenario told, as it stands in JSON. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  readonly seconds: number;
}

/** One run of the bench, as it stands in JSON. */
export interface BenchResult {
  readonly at: string;
  readonly machine: string;
  readonly deno: string;
  readonly results: readonly ScenarioResult[];
}
