package io.turnstile.helm;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Decides as Kubernetes does who may connect to whom under the network policies of a release. Names
 * of ports and blocks of addresses are not known here.
 */
final class PolicySimulation {

  static final Endpoint OUTSIDE = new Endpoint(null, Map.of());

  private static final String TCP = "TCP";

  private final List<NetworkPolicy> policies;

  /**
   * @param manifests whose policies are in force, in the namespace of the release
   */
  PolicySimulation(Manifests manifests) {
    this.policies = manifests.all(NetworkPolicy.class);
  }

  /**
   * @param namespace null for what is not in the cluster
   */
  record Endpoint(String namespace, Map<String, String> labels) {}

  boolean admits(Endpoint from, Endpoint to, int port) {
    return admits(from, to, TCP, port);
  }

  boolean admits(Endpoint from, Endpoint to, String protocol, int port) {
    return leaves(from, to, protocol, port) && enters(from, to, protocol, port);
  }

  private boolean leaves(Endpoint from, Endpoint to, String protocol, int port) {
    List<NetworkPolicy> isolating = selecting(from, "Egress");
    return isolating.isEmpty()
        || isolating.stream()
            .flatMap(policy -> policy.getSpec().getEgress().stream())
            .anyMatch(rule -> matches(rule.getTo(), rule.getPorts(), to, protocol, port));
  }

  private boolean enters(Endpoint from, Endpoint to, String protocol, int port) {
    List<NetworkPolicy> isolating = selecting(to, "Ingress");
    return isolating.isEmpty()
        || isolating.stream()
            .flatMap(policy -> policy.getSpec().getIngress().stream())
            .anyMatch(rule -> matches(rule.getFrom(), rule.getPorts(), from, protocol, port));
  }

  private List<NetworkPolicy> selecting(Endpoint pod, String type) {
    return policies.stream()
        .filter(policy -> Chart.NAMESPACE.equals(pod.namespace()))
        .filter(policy -> policy.getSpec().getPolicyTypes().contains(type))
        .filter(policy -> selects(policy.getSpec().getPodSelector(), pod.labels()))
        .toList();
  }

  private static boolean matches(
      List<NetworkPolicyPeer> peers,
      List<NetworkPolicyPort> ports,
      Endpoint other,
      String protocol,
      int port) {
    Predicate<NetworkPolicyPort> isPort =
        each -> each.getProtocol().equals(protocol) && each.getPort().equals(new IntOrString(port));
    return (peers.isEmpty() || peers.stream().anyMatch(peer -> isPeer(peer, other)))
        && (ports.isEmpty() || ports.stream().anyMatch(isPort));
  }

  private static boolean isPeer(NetworkPolicyPeer peer, Endpoint other) {
    if (other.namespace() == null) {
      return false;
    }
    boolean namespace =
        peer.getNamespaceSelector() == null
            ? other.namespace().equals(Chart.NAMESPACE)
            : selects(
                peer.getNamespaceSelector(),
                Map.of("kubernetes.io/metadata.name", other.namespace()));
    return namespace
        && (peer.getPodSelector() == null || selects(peer.getPodSelector(), other.labels()));
  }

  private static boolean selects(LabelSelector selector, Map<String, String> labels) {
    return (selector.getMatchLabels() == null
            || labels.entrySet().containsAll(selector.getMatchLabels().entrySet()))
        && selector.getMatchExpressions().stream().allMatch(each -> holds(each, labels));
  }

  private static boolean holds(LabelSelectorRequirement requirement, Map<String, String> labels) {
    String value = labels.get(requirement.getKey());
    return switch (requirement.getOperator()) {
      case "In" -> value != null && requirement.getValues().contains(value);
      case "NotIn" -> value == null || !requirement.getValues().contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      default -> throw new IllegalArgumentException(requirement.getOperator());
    };
  }
}
