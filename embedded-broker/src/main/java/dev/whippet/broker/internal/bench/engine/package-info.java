/** The log alone on this machine's disk: no network, no commands. Knows the log and its files. */
package dev.whippet.broker.internal.bench.engine;
