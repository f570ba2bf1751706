"""What all channels of WeCom share: envelope, XML, the client of its servers, tokens, errors."""
