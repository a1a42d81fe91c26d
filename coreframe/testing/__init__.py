"""Checks for plugin authors: plain functions that raise `CheckFailed` with what they found.

```python
import torch
from coreframe.testing import check_gradients, check_population, check_protocol

x = torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
check_gradients("Linear(2, 4)", x)
check_protocol("Linear(2, 4)", x)
check_population("Linear(2, 4)", x.expand(5, 3, 2))
```

A check works on a copy, in float64: the module it is given stays as it was.
"""

from coreframe.testing.gradients import check_gradients, check_loss_gradients
from coreframe.testing.population import check_loss_population, check_population
from coreframe.testing.protocol import (
    check_accumulation,
    check_backward_needs_forward,
    check_last_in_first_out,
    check_parameter_gradients,
    check_protocol,
)
from coreframe.testing.round_trip import check_repr, check_state
from coreframe.testing.side_effects import check_arguments_unchanged, check_evaluation_keeps_nothing

__all__ = [
    "check_accumulation",
    "check_arguments_unchanged",
    "check_backward_needs_forward",
    "check_evaluation_keeps_nothing",
    "check_gradients",
    "check_last_in_first_out",
    "check_loss_gradients",
    "check_loss_population",
    "check_parameter_gradients",
    "check_population",
    "check_protocol",
    "check_repr",
    "check_state",
]
