/** The filters that lists of requests and the live feed share. */
import { Type } from "typebox";
import { STATES } from "../../core/lifecycle.ts";

const filterText = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, description: `Only those ${description}.` }));

export const requestFilters = {
  state: Type.Optional(Type.Enum([...STATES], { description: "Only those in this state, as of now." })),
  instance: filterText("of this instance"),
  correlationId: filterText("with this correlation id"),
  requestSource: filterText("from this sender"),
  objectType: filterText("of this object type"),
  objectName: filterText("of this custom object"),
  clientId: filterText("of this API client"),
  linkBearing: Type.Optional(Type.Boolean({ description: "Only those with a link field, or without." })),
};
