"""The worked example of WeChat's documents (message_push), which pins down signature, key, padding and appid."""

TOKEN, KEY, PLATFORM = "AAAAA", "A" * 43, "wx134c8103faa5a59e"
TIMESTAMP, NONCE = "1715943329", "1590219412"
SIGNATURE = "6c12a4205838198b8fa631b3220723bb07f1015c"
#: The one to ignore: it covers no body.
OTHER_SIGNATURE = "cc0c594499c1634947d5b502f158ee518947db27"
ENCRYPTED = (
    "D7yzvUNAL930rd28wf21s4hvXhz0L6Uit/p2Di6C5DHyYGpEgdBRnKjBec34JwoQXicwaZC7fOVihW80F4VtsdvE//1vr7oAbqjDv8KenVp+ajKYpJny"
    "Q4zMRhIC+a31fCVOMC03FfzV/QuC94kBP55a+Za3sJgvAn+ZbsNqZI5DkyuzkhQN8OBqCzFhizGmy0xpM0MEA4agpvE+RuNO1rhHTtuJB5yltw1FiYze"
    "cSXJ+y/D2r81VkRn2eYjh2ltsoyfbDR7Is6ookXIFxTfyeNyeHxMeT4KN5WpCDmSbTcUYrbBUlkGLJ9n/rU8YOywma6G7aTb7KZKOqCxgfoUlYEZPk4F"
    "UL/TK7ShriFDMVCLyjQJ15Ob++agDWtcxhfUfe6HIoIpRW8mKNBQiY/Jd1svvuskA1wLef1RTtzKfMpagSCX/laZINmdnX4zrF6kIaR9P4xQrWXbsTFH"
    "TYe0Mg=="
)
BODY = f"<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName><Encrypt><![CDATA[{ENCRYPTED}]]></Encrypt></xml>"
#: SHA-1 of what is encrypted, without its padding: 16 random bytes, the length 292, the message, the appid.
PLAIN_LENGTH, MESSAGE_LENGTH = 330, 292
PLAIN_SHA1 = "23a976fadff16bdb058bcd32cec8de2aa4fbab79"
RANDOM = "1205899eaf019bbd"
#: The reply, which goes the other way.
REPLY = b"<xml><demo_resp>[CDATA[good luck]]</demo_resp></xml>"
REPLY_RANDOM, REPLY_TIMESTAMP, REPLY_NONCE = b"999951349e8ee746", "1713424427", "415670741"
REPLY_ENCRYPTED = (
    "hE8R6mGXHkJJjU72KxzKUd1GEkKJaEZq7vRL8XgK3o+00k8JGq6+pZJUIlTSyhsX+bxIBQ72g3GyvDdIZcr6+3HAZbSvPT9t/o11MI7d6WELwqrGd7jM"
    "nV0zv3Zc9Nq7"
)
REPLY_SIGNATURE = "03e0812039325c2712ef5f0f980fd14c70d6e307"
