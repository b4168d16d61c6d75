package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** That the strict reading is strict. */
class ManifestsTest {

  private static final String POD =
      """
      ---
      # Source: somewhere
      apiVersion: v1
      kind: Pod
      metadata:
        name: a-pod
      spec:
        containers:
          - name: c
            image: i
            env:
              - name: A
                value: "1"
            ports:
              - containerPort: 80
      """;

  @Test
  void rightManifestIsRead() {
    Manifests.parse(POD);
  }

  @Test
  void unknownFieldIsNamedHoweverDeep() {
    refused("containerPort: 80", "containerPort: 80\n          portt: 1", "portt");
    refused("spec:\n", "spec:\n  replica: 1\n", "replica");
    refused("  name: a-pod", "  name: a-pod\n  label: {}", "label");
  }

  @Test
  void wrongTypeIsNamed() {
    refused("value: \"1\"", "value: 1", "value");
    refused("containerPort: 80", "containerPort: \"80\"", "containerPort");
  }

  @Test
  void keyGivenTwiceIsRefused() {
    refused("image: i", "image: i\n      image: j", "image");
  }

  @Test
  void kindOfAnotherGroupIsUnknown() {
    refused("apiVersion: v1", "apiVersion: apps/v1", "apps/v1/Pod");
  }

  private static void refused(String part, String replacement, String named) {
    assertThatThrownBy(() -> Manifests.parse(POD.replace(part, replacement)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(named);
  }
}
