/** The job's options by theme: each class holds fields, descriptions and bounds of its own. */
package io.turnstile.job.options;
