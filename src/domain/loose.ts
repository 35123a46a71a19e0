import { z } from 'zod'

/**
 * The reader's form of a record schema: the same shape with every object open, so that a key that a newer writer added is
 * carried through untouched. Writers keep the closed form; both come from one schema.
 */
export function loosen<S extends z.ZodType>(schema: S): S {
  return open(schema) as S
}

function open(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.ZodType>> = schema.shape
    return z.looseObject(Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, open(value)])))
  }
  if (schema instanceof z.ZodArray) {
    // The clone keeps the array's own checks, such as its minimum length.
    return schema.clone({ ...schema.def, element: open(schema.element as z.ZodType) })
  }
  if (schema instanceof z.ZodNullable) return open(schema.unwrap() as z.ZodType).nullable()
  if (schema instanceof z.ZodOptional) return open(schema.unwrap() as z.ZodType).optional()
  return schema
}
