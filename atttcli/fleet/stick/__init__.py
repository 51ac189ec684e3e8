"""A kit's folder for a USB stick: put together here, held against its signed manifest when it comes back."""
