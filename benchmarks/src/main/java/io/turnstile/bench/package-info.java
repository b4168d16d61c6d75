/** Measures engines that give verdicts: with the same load, measurement and audit for each. */
package io.turnstile.bench;
