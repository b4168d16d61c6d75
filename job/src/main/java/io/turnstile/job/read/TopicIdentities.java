package io.turnstile.job.read;

import java.io.IOException;
import java.io.Serializable;
import java.util.Map;

/** Tells whether a topic is still the one that it was. */
public interface TopicIdentities extends Serializable {

  /**
   * The id of each input topic by name. A topic that is deleted and created again has another id.
   *
   * @throws IOException if the ids cannot be had now
   * @throws org.apache.flink.runtime.execution.SuppressRestartsException if a topic does not exist
   */
  Map<String, String> current() throws IOException;
}
