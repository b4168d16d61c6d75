package io.turnstile.bench.engine;

import java.util.List;
import java.util.stream.Collectors;

/** All engines there are. */
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
                        .formatted(
                            name,
                            ALL.stream().map(Engine::name).collect(Collectors.joining(", ")))));
  }
}
