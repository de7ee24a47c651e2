package dev.whippet.internal.tls;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Calls what Android 7 (API 24) has and Android 5 has not, and goes on without it. */
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.METHOD)
@interface SinceApi24 {}
