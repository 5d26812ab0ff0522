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
  readonly counters: Map<string, Counter>;
  /** Samples that are read when the text is made. */
  readonly reads: Map<string, () => number>;
}

/** Labels of one sample. */
export type Labels = Readonly<Record<string, string>>;

/** The counters and gauges of one instance. */
export class Metrics {
  readonly #families = new Map<string, Family>();

  /** A counter by name and labels; the same one each time it is asked for. */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    const family = this.#family(name, help, "counter");
    const key = renderLabels(labels);
    const existing = family.counters.get(key);
    if (existing) return existing;
    const counter = { value: 0 };
    family.counters.set(key, counter);
    return counter;
  }

  /** A gauge whose value is read when the text is made. */
  gauge(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.#family(name, help, "gauge").reads.set(renderLabels(labels), read);
  }

  /** A counter that something else keeps, read when the text is made. */
  countedBy(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.#family(name, help, "counter").reads.set(renderLabels(labels), read);
  }

  /** Tells of what has these labels no more. */
  forget(labels: Labels): void {
    for (const { counters, reads } of this.#families.values()) {
      counters.delete(renderLabels(labels));
      reads.delete(renderLabels(labels));
    }
  }

  /** The Prometheus text exposition format, version 0.0.4. */
  render(): string {
    let text = "";
    for (const { name, help, type, counters, reads } of this.#families.values()) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
      for (const [labels, counter] of counters) text += `${name}${labels} ${counter.value}\n`;
      for (const [labels, read] of reads) text += `${name}${labels} ${read()}\n`;
    }
    return text;
  }

  #family(name: string, help: string, type: Family["type"]): Family {
    let family = this.#families.get(name);
    if (!family) {
      family = { name, help, type, counters: new Map(), reads: new Map() };
      this.#families.set(name, family);
    }
    return family;
  }
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${value.replace(/[\\"\n]/g, (c) => c === "\n" ? "\\n" : `\\${c}`)}"`
  );
  return pairs.length ? `{${pairs.join(",")}}` : "";
}
