// What one instance does about the others, for one camera: a decision without side effects.

/** What the decision is made from. */
export interface NeighbourInput {
  /** Viewers of this instance. */
  readonly viewersHere: number;
  /** Viewers of other instances, as far as known. */
  readonly viewersElsewhere: number;
  /** Whether the camera's frames come here. */
  readonly receiving: boolean;
  /** Whether the camera knows, or is told at once, what is asked of it here. */
  readonly reached: boolean;
  /** Whether the camera asks this instance what is wanted. */
  readonly inTouch: boolean;
  /** Whether some of the camera's frames seem to go to other instances. */
  readonly shared: boolean;
}

/** What is done. */
export interface NeighbourPlan {
  /** Tell others how many watch here. Costs a write now and then, so only where it is of use. */
  readonly tell: boolean;
  /** Take frames that others store. */
  readonly watchFrames: boolean;
  /** Listen for viewers of others. */
  readonly watchViewers: boolean;
}

/** Decides what to do about other instances. */
export function neighbourPlan(input: NeighbourInput): NeighbourPlan {
  const watched = input.viewersHere > 0;
  // While others have viewers, what the camera brings to them is stored, as what it brings here.
  const alone = input.receiving && !input.shared && input.viewersElsewhere === 0;
  return {
    tell: watched && !(alone && input.reached),
    watchFrames: watched && !alone,
    watchViewers: input.inTouch,
  };
}
