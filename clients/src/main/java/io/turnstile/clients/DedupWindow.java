package io.turnstile.clients;

/** The dedup window of a job that is given none; commands that must know it take it from here. */
public final class DedupWindow {

  /** Default of {@code --dedup-window}, in the form of {@link Durations}. */
  public static final String DEFAULT = "1h";

  private DedupWindow() {}
}
