"""The structures of src/eremo.h, field by field."""

import ctypes

Pointer = ctypes.c_void_p


class Matrix(ctypes.Structure):
    _fields_ = (
        ("data", Pointer),
        ("step", ctypes.c_int64),
        ("format", ctypes.c_int32),
        ("rows", ctypes.c_int32),
        ("columns", ctypes.c_int32),
    )


class Attention(ctypes.Structure):
    _fields_ = (
        ("q", Matrix),
        ("k", Matrix),
        ("v", Matrix),
        ("o", Matrix),
        ("num_heads", ctypes.c_int32),
        ("num_kv_heads", ctypes.c_int32),
        ("head_dim", ctypes.c_int32),
        ("rotary_dims", ctypes.c_int32),
    )


class Mamba(ctypes.Structure):
    _fields_ = (
        ("in_x", Matrix),
        ("in_z", Matrix),
        ("x", Matrix),
        ("dt", Matrix),
        ("out", Matrix),
        ("taps", Pointer),
        ("conv_bias", Pointer),
        ("dt_norm", Pointer),
        ("b_norm", Pointer),
        ("c_norm", Pointer),
        ("dt_bias", Pointer),
        ("rates", Pointer),
        ("direct", Pointer),
        ("d_inner", ctypes.c_int32),
        ("d_state", ctypes.c_int32),
        ("d_conv", ctypes.c_int32),
        ("dt_rank", ctypes.c_int32),
    )


class Expert(ctypes.Structure):
    _fields_ = (("gate", Matrix), ("up", Matrix), ("down", Matrix))


class Ffn(ctypes.Structure):
    _fields_ = (
        ("router", Matrix),
        ("experts", ctypes.POINTER(Expert)),
        ("num_experts", ctypes.c_int32),
        ("num_used", ctypes.c_int32),
    )


class Layer(ctypes.Structure):
    _fields_ = (
        ("mixer_norm", Pointer),
        ("ffn_norm", Pointer),
        ("attention", ctypes.POINTER(Attention)),
        ("mamba", ctypes.POINTER(Mamba)),
        ("ffn", Ffn),
    )


class Model(ctypes.Structure):
    _fields_ = (
        ("layers", ctypes.POINTER(Layer)),
        ("norm", Pointer),
        ("head", Matrix),
        ("num_layers", ctypes.c_int32),
        ("hidden", ctypes.c_int32),
        ("norm_eps", ctypes.c_float),
    )


class State(ctypes.Structure):
    _fields_ = (
        ("conv", Pointer),
        ("ssm", Pointer),
        ("keys", Pointer),
        ("values", Pointer),
        ("capacity", ctypes.c_int64),
    )
