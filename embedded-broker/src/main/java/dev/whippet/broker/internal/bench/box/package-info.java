/** Measures the SDK's outbox, alone, on the disk of this machine. */
package dev.whippet.broker.internal.bench.box;
