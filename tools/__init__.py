"""Programs that build, check and measure this repository; nothing here is installed."""
