/**
 * The chart on a real Kubernetes: whatever cluster {@code KUBECONFIG} names, by {@code kubectl} and
 * {@code helm} of the {@code PATH}, as its README does.
 */
package io.turnstile.helm.kubernetes;
