# SPDX-License-Identifier: Apache-2.0
"""Says before departure whether a flight from New York lands more than 15 minutes late."""
