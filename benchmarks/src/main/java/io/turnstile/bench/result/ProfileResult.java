package io.turnstile.bench.result;

import java.util.List;

/**
 * CPU profile of a process.
 *
 * @param process its role
 * @param stacks sampled stacks, each as {@code outermost;…;innermost count}
 */
public record ProfileResult(String process, List<String> stacks) {

  public ProfileResult {
    stacks = NullAsEmpty.copyOf(stacks);
  }
}
