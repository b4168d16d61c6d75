/** Inputs of every kind and the verdicts that they get. */
package io.turnstile.systemtests.inputs;
