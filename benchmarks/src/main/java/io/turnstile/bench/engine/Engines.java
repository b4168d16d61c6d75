package io.turnstile.bench.engine;

import java.util.List;

/** All engines there are, in the order in which readers see them. */
public final class Engines {

  /** The name of the engine that the others are there to be compared with. */
  public static final String TURNSTILE = "turnstile";

  private static final List<Engine> ALL =
      List.of(
          TurnstileEngine.journal(),
          TurnstileEngine.checkpoint(),
          PeerEngine.kafkaStreams(),
          PeerEngine.kafkaLimit());

  private Engines() {}

  public static List<Engine> all() {
    return ALL;
  }

  /** Returns their names, {@link #TURNSTILE} first. */
  public static List<String> names() {
    return ALL.stream().map(Engine::name).toList();
  }

  /**
   * Returns the place of an engine of that name among all, from 0; for one that is unknown, as one
   * of an imported result, the number of those known. Order and colours of reports go by it.
   */
  public static int place(String name) {
    int place = names().indexOf(name);
    return place < 0 ? ALL.size() : place;
  }

  /**
   * The engine of a name.
   *
   * @throws IllegalArgumentException if there is none, its message for the user
   */
  public static Engine named(String name) {
    return ALL.stream()
        .filter(engine -> engine.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no engine '%s'; there are %s"
                        .formatted(name, String.join(", ", names()))));
  }
}
