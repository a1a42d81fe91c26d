"""Embeddings, attention and recurrent layers."""

from coreframe_sequence.embedding import Embedding
from coreframe_sequence.gru import GRU
from coreframe_sequence.lstm import LSTM
from coreframe_sequence.multi_head_attention import MultiHeadAttention
from coreframe_sequence.positional_encoding import PositionalEncoding
from coreframe_sequence.rnn import RNN

__all__ = ["GRU", "LSTM", "RNN", "Embedding", "MultiHeadAttention", "PositionalEncoding"]
