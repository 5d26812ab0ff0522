// Counts as Prometheus text. Counters are plain numbers: adding to one costs nothing on the path of
// a frame; the text is made only when somebody asks.

/** Something that only grows. */
export interface Counter {
  value: number;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  /** By labels. A function is read when the text is made. */
  readonly samples: Map<string, Counter | (() => number)>;
}

/** Labels of one sample. */
export type Labels = Readonly<Record<string, string>>;

/** The counters and gauges of one instance. */
export class Metrics {
  readonly #families = new Map<string, Family>();

  /** A counter by name and labels; the same one each time it is asked for. */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    const { samples } = this.#family(name, help, "counter");
    const key = renderLabels(labels);
    const existing = samples.get(key);
    if (typeof existing === "object") return existing;
    const counter = { value: 0 };
    samples.set(key, counter);
    return counter;
  }

  /** A gauge whose value is read when the text is made. */
  gauge(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.#family(name, help, "gauge").samples.set(renderLabels(labels), read);
  }

  /** A counter that something else keeps, read when the text is made. */
  countedBy(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.#family(name, help, "counter").samples.set(renderLabels(labels), read);
  }

  /** Tells of what has these labels no more. */
  forget(labels: Labels): void {
    for (const { samples } of this.#families.values()) samples.delete(renderLabels(labels));
  }

  /** The Prometheus text exposition format, version 0.0.4. */
  render(): string {
    let text = "";
    for (const { name, help, type, samples } of this.#families.values()) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
      for (const [labels, sample] of samples) {
        text += `${name}${labels} ${typeof sample === "function" ? sample() : sample.value}\n`;
      }
    }
    return text;
  }

  #family(name: string, help: string, type: Family["type"]): Family {
    const family = this.#families.get(name) ?? { name, help, type, samples: new Map() };
    this.#families.set(name, family);
    return family;
  }
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${value.replace(/[\\"\n]/g, (c) => c === "\n" ? "\\n" : `\\${c}`)}"`
  );
  return pairs.length ? `{${pairs.join(",")}}` : "";
}
