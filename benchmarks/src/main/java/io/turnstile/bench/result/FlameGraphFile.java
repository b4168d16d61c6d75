package io.turnstile.bench.result;

import com.fasterxml.jackson.annotation.JacksonInject;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.OptBoolean;
import java.nio.file.Path;

/**
 * A process's flame graph, a page of its own.
 *
 * @param process its role
 * @param file beside the result
 * @param directory where the result was read from; null if it was not
 */
@JsonIgnoreProperties("directory")
public record FlameGraphFile(
    String process,
    String file,
    @JacksonInject(useInput = OptBoolean.FALSE, optional = OptBoolean.TRUE) Path directory) {

  public FlameGraphFile(String process, String file) {
    this(process, file, null);
  }
}
