"""What WeChat pushes to a third-party platform: signed, encrypted XML. A plain library, and where its effects are stored.

PushReader      verifies and decrypts the body of a push
Push            what one says: its kind, its time, its fields
PushRefused     why a body is none of WeChat's, see `wechat.push.refusals`
"""
