// The types of what preact.js re-exports; they come from the packages it was made of.
import type { h as createElement, VNode } from "preact";
export * from "preact";
export * from "preact/hooks";
export * from "@preact/signals";
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
export const h: typeof createElement;
