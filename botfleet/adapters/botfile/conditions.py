"""The shape of conditions in a bot file: groups, and one model a recipe of the catalogue."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, create_model

from botfleet.adapters.botfile.fields import HeldFor, kind_field
from botfleet.adapters.botfile.trades import Expiration, Strict, Trade
from botfleet.domain.trees.conditions import AllOf, AnyOf, Condition, Criterion, Recipe, held
from botfleet.domain.trees.grammar import KINDS
from botfleet.domain.trees.recipes.catalogue import CATALOGUE

PARTS_MAX = 50


class RecipeModel(Strict):
    """A criterion: a recipe of the catalogue with its parameters."""

    recipe: str
    held_for: HeldFor | None = None

    def criterion(self) -> Criterion:
        """Give the criterion."""
        recipe = CATALOGUE[self.recipe]
        values = {name: _value(getattr(self, name)) for name in recipe.parameters}
        return Criterion(recipe, values)


def _value(given: object) -> object:
    if isinstance(given, Trade):
        return given.spec()
    return given.rule() if isinstance(given, Expiration) else given


class AllModel(Strict):
    """Every part holds."""

    parts: list["ConditionModel"] = Field(alias="all", min_length=1, max_length=PARTS_MAX)


class AnyModel(Strict):
    """At least one part holds."""

    parts: list["ConditionModel"] = Field(alias="any", min_length=1, max_length=PARTS_MAX)


def _parameter(kind: str) -> tuple[Any, Any]:
    field = _SHAPED.get(kind) or kind_field(kind)
    return (field | None, None) if KINDS[kind].is_optional else (field, ...)


#: Kinds of parameters that have a shape of their own.
_SHAPED: dict[str, Any] = {
    "trade": Trade,
    "expiration": Expiration,
    "expiration_or_any": Expiration,
}


def _recipe_model(recipe: Recipe) -> type[RecipeModel]:
    fields: dict[str, Any] = {"recipe": (Literal[recipe.recipe_id], ...)}
    fields |= {name: _parameter(kind) for name, kind in recipe.parameters.items()}
    name = "Recipe" + recipe.recipe_id.title().replace("_", "")
    return create_model(name, __base__=RecipeModel, __doc__=recipe.sentence, **fields)


def mark_condition(raw: object) -> str | None:
    """Say which shape a condition should have; the mark's brackets keep it out of paths."""
    if not isinstance(raw, dict):
        return None
    if "recipe" in raw:
        recipe_id = raw["recipe"]
        return f"<{recipe_id}>" if isinstance(recipe_id, str) and recipe_id in CATALOGUE else None
    return next((f"<{key}>" for key in ("all", "any") if key in raw), None)


if TYPE_CHECKING:
    ConditionModel = RecipeModel | AllModel | AnyModel
else:
    _SHAPES = [
        *(Annotated[_recipe_model(one), Tag(f"<{name}>")] for name, one in CATALOGUE.items()),
        Annotated[AllModel, Tag("<all>")],
        Annotated[AnyModel, Tag("<any>")],
    ]
    ConditionModel = Annotated[
        reduce(or_, _SHAPES),
        Discriminator(
            mark_condition,
            custom_error_type="condition",
            custom_error_message="must be a recipe of the catalogue, all or any",
        ),
    ]


def condition_of(model: ConditionModel, owner: str = "") -> Condition:
    """Give the condition a model stands for; `owner` names the automation whose streaks it has."""
    if isinstance(model, RecipeModel):
        one = model.criterion()
        return held(one, model.held_for, owner=owner) if model.held_for else one
    parts = tuple(condition_of(part, owner) for part in model.parts)
    return AllOf(parts) if isinstance(model, AllModel) else AnyOf(parts)
