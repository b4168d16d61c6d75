package io.turnstile.bench.engine;

import io.turnstile.bench.scenario.EngineSettings;
import java.nio.file.Path;

/** A way to give verdicts. Knows where it runs and how it starts; holds no state. */
public interface Engine {

  /** Returns its name for users and in results: {@code turnstile}. */
  String name();

  /** Returns a description of one line. */
  String description();

  /**
   * Tells whether its verdicts say something. If not, the audit can only tell whether each input
   * has one: what else it finds wrong does not count.
   */
  default boolean decides() {
    return true;
  }

  /**
   * Makes ready what the engine runs on, topics and keys included. The engine itself does not run
   * yet.
   *
   * @param base existing directory in which data may lie until the deployment is closed
   * @param keys existing directory of {@code signing-key.json} and {@code jwks.json}, which are
   *     used if they are there and else made
   * @throws Exception with a message for a person if that fails; nothing but logs is left then
   */
  Deployment deploy(EngineSettings settings, Path base, Path keys) throws Exception;
}
