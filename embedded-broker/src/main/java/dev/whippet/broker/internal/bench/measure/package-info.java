/** The arithmetic of measuring: schedules, histograms, noise, intervals. No sockets. */
package dev.whippet.broker.internal.bench.measure;
