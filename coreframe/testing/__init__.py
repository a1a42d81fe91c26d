"""The conformance kit: does a component keep the contract that its interface states?

In a plugin's tests, all of it, in three lines:

```python
from coreframe.testing import parametrize_with_checks

@parametrize_with_checks(["Linear"], version=1)
def test_conforms(check):
    check()
```

On the command line: `coreframe check Linear`. By hand, one check at a time, on any module and any
input; a check works on a copy, and raises `CheckFailed` with what it found:

```python
import torch
from coreframe.testing import check_gradients, check_population

x = torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
check_gradients("Linear(2, 4)", x)
check_population("Linear(2, 4)", x.expand(5, 3, 2))
```
"""

from coreframe.testing.catalogue import CHECK_SET, CHECKS
from coreframe.testing.check import Check
from coreframe.testing.compare import Compared, Comparison, compare
from coreframe.testing.conformance import run_checks
from coreframe.testing.elementwise import check_elementwise
from coreframe.testing.gradients import check_gradients, check_loss_gradients
from coreframe.testing.known_values import check_known_values
from coreframe.testing.measure import Measure
from coreframe.testing.misfits import check_misfits
from coreframe.testing.padded_batches import check_padding
from coreframe.testing.parametrize import NewCheckFailed, parametrize_with_checks
from coreframe.testing.population import check_loss_population, check_population, check_settings
from coreframe.testing.precision import (
    check_device,
    check_dtype,
    check_extremes,
    check_inference_mode,
)
from coreframe.testing.protocol import (
    check_accumulation,
    check_backward_needs_forward,
    check_last_in_first_out,
    check_parameter_gradients,
    check_protocol,
)
from coreframe.testing.purity import Operators, check_kept_memory, check_operators
from coreframe.testing.randomness import check_determinism, check_initial_values, check_mode
from coreframe.testing.repeated_use import check_used_twice
from coreframe.testing.result import Result
from coreframe.testing.round_trip import check_repr, check_state
from coreframe.testing.shapes import (
    check_empty_batch,
    check_layout,
    check_one_sample,
    check_output_shape,
)
from coreframe.testing.side_effects import check_arguments_unchanged, check_evaluation_keeps_nothing

__all__ = [
    "CHECKS",
    "CHECK_SET",
    "Check",
    "Compared",
    "Comparison",
    "Measure",
    "NewCheckFailed",
    "Operators",
    "Result",
    "check_accumulation",
    "check_arguments_unchanged",
    "check_backward_needs_forward",
    "check_determinism",
    "check_device",
    "check_dtype",
    "check_elementwise",
    "check_empty_batch",
    "check_evaluation_keeps_nothing",
    "check_extremes",
    "check_gradients",
    "check_inference_mode",
    "check_initial_values",
    "check_kept_memory",
    "check_known_values",
    "check_last_in_first_out",
    "check_layout",
    "check_loss_gradients",
    "check_loss_population",
    "check_misfits",
    "check_mode",
    "check_one_sample",
    "check_operators",
    "check_output_shape",
    "check_padding",
    "check_parameter_gradients",
    "check_population",
    "check_protocol",
    "check_repr",
    "check_settings",
    "check_state",
    "check_used_twice",
    "compare",
    "parametrize_with_checks",
    "run_checks",
]
