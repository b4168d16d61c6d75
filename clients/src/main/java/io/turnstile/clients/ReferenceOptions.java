package io.turnstile.clients;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine.Option;

/** The further reference topics of a deployment, as the job and every command take them. */
public final class ReferenceOptions {

  @Option(
      names = "--reference",
      paramLabel = "NAME:keyed-by=product|customer",
      split = ";",
      converter = ReferenceSpec.Converter.class,
      description =
          "NAME:keyed-by=product|customer[,topic=T][,wait=D][,required=true]; what else is joined to a"
              + " transaction. May be given several times, or as a list with ';'")
  private List<ReferenceSpec> references = List.of();

  /**
   * The references, each with its topic.
   *
   * @throws IllegalArgumentException if there are too many, or two share a name or a topic; in one
   *     line
   */
  public List<ReferenceSpec> references(TopicOptions topics) {
    if (references.size() > ReferenceSpec.MAX) {
      throw new IllegalArgumentException(
          "--reference can be given " + ReferenceSpec.MAX + " times at most");
    }
    List<ReferenceSpec> complete =
        references.stream()
            .map(
                each ->
                    each.withTopic(
                        Objects.requireNonNullElseGet(
                            each.topic(),
                            () -> ReferenceSpec.usualTopic(topics.topicPrefix(), each.name()))))
            .toList();
    Set<String> names = new HashSet<>();
    Set<String> used = new HashSet<>(topics.topics().inputs());
    used.addAll(topics.topics().verdicts());
    for (ReferenceSpec each : complete) {
      if (!names.add(each.name())) {
        throw new IllegalArgumentException("--reference names " + each.name() + " twice");
      }
      if (!used.add(each.topic())) {
        throw new IllegalArgumentException(
            "--reference " + each.name() + ": topic " + each.topic() + " is used already");
      }
    }
    return complete;
  }
}
