/** What a run measured, as values. */
package dev.whippet.broker.internal.bench.result;
