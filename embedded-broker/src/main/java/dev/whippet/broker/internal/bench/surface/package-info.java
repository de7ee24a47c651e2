/** The classic surface's goals of speed, against servers that are started for it. */
package dev.whippet.broker.internal.bench.surface;
