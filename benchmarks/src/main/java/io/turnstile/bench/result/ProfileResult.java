package io.turnstile.bench.result;

import java.util.List;

/**
 * Where a process spent its CPU time.
 *
 * @param process its role
 * @param stacks sampled stacks, each as {@code outermost;…;innermost count}
 */
public record ProfileResult(String process, List<String> stacks) {

  public ProfileResult {
    stacks = NullAsEmpty.copyOf(stacks);
  }
}
