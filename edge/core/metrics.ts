// Counts as Prometheus text. Counters are plain numbers: adding to one costs nothing on the path of
// a frame; the text is made only when somebody asks.

/** Something that only grows. */
export interface Counter {
  value: number;
}

/** A value, or one for each label, for instance `cam="garden"`. */
type Reading = number | Readonly<Record<string, number>>;

interface Family {
  readonly help: string;
  readonly type: "counter" | "gauge";
  /** Called when the text is made. */
  read(): Reading;
}

/** The counters and gauges of one instance. */
export class Metrics {
  readonly #families = new Map<string, Family>();
  readonly #counters = new Map<string, Counter>();

  /** A counter by name; the same one each time it is asked for. */
  counter(name: string, help: string): Counter {
    const counter = this.#counters.get(name) ?? { value: 0 };
    this.#counters.set(name, counter);
    this.countedBy(name, help, () => counter.value);
    return counter;
  }

  /** A counter that something else keeps. */
  countedBy(name: string, help: string, read: () => Reading): void {
    this.#families.set(name, { help, type: "counter", read });
  }

  gauge(name: string, help: string, read: () => Reading): void {
    this.#families.set(name, { help, type: "gauge", read });
  }

  /** The Prometheus text exposition format, version 0.0.4. */
  render(): string {
    let text = "";
    for (const [name, { help, type, read }] of this.#families) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
      const reading = read();
      if (typeof reading === "number") text += `${name} ${reading}\n`;
      else for (const label in reading) text += `${name}{${label}} ${reading[label]}\n`;
    }
    return text;
  }
}
