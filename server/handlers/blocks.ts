import { PolyprocError } from "../../protocol/errors.js";
import { isPayload, objectHandles, payloadData, storedBytes, type Payload } from "../../protocol/payload.js";
import { Block, type BlockDependencies } from "../engine/bypass/block.js";
import type { Registry } from "../engine/registry.js";
import type { Session } from "../engine/session.js";

/** The block that a message names. Throws Malformed if the session has no such block, which ends the connection. */
export function blockOf(registry: Registry, session: Session | null, reference: unknown): Block {
  const block = typeof reference === "string" ? registry.find(reference) : undefined;
  if (session && block instanceof Block && block.isOf(session)) return block;
  throw new PolyprocError(
    "Malformed",
    `the message names a block that this session does not have: ${String(reference)}`,
  );
}

/**
 * The message for a peer that cannot open blocks: with the bytes themselves. The session's references to the blocks are
 * released, because the peer does not know of them. Nothing is copied while the server has no blocks.
 */
export function withoutBlocks<T>(message: T, engine: BlockDependencies, session: Session | null): T {
  return engine.blocks.living === 0 ? message : (inlined(message, engine.registry, session) as T);
}

function inlined(value: unknown, registry: Registry, session: Session | null): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (isPayload(value)) return inlinePayload(value, registry, session);
  if (Array.isArray(value)) return value.map((item) => inlined(item, registry, session));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inlined(member, registry, session)]));
}

function inlinePayload(payload: Payload, registry: Registry, session: Session | null): Payload {
  const block = storedBytes(payload);
  if (!block) return payload;
  const data = payloadData(payload);
  if (session) registry.release(session, block.handle);
  const others = objectHandles(payload);
  return others.length === 0 ? data : [data, [...others]];
}
