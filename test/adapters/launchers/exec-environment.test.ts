import { expect, it } from 'vitest'
import { jobEnvironment } from '../../../src/adapters/launchers/exec/exec-runner.js'

it('a job gets what training programs rely on, and no secret of the pipeline', () => {
  const useful = {
    PATH: '/bin',
    HOME: '/home/u',
    LANG: 'C.UTF-8',
    LC_ALL: 'C',
    LD_LIBRARY_PATH: '/cuda',
    CUDA_VISIBLE_DEVICES: '0',
    NCCL_DEBUG: 'INFO',
    NVIDIA_VISIBLE_DEVICES: 'all',
    HF_HOME: '/hf',
    HF_HUB_OFFLINE: '1',
    TOKENIZERS_PARALLELISM: 'false',
    OMP_NUM_THREADS: '4',
    PYTHONPATH: '/x',
    VIRTUAL_ENV: '/venv',
    PYTORCH_CUDA_ALLOC_CONF: 'expandable_segments:True',
  }
  const secret = {
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: 'k',
    AWS_SESSION_TOKEN: 'k',
    STEERFLOW_REGISTRY_PASSWORD: 'k',
    STEERFLOW_WEBHOOK_SECRET: 'k',
    STEERFLOW_SET_ANYTHING: 'k',
    OPENAI_API_KEY: 'k',
    NGC_API_KEY: 'k',
    HF_TOKEN: 'k',
    HUGGINGFACE_HUB_TOKEN: 'k',
    HF_AUTH: 'k',
    KAFKA_SASL_PASSWORD: 'k',
    HTTPS_PROXY: 'http://user:password@proxy',
    NODE_OPTIONS: '--require /x.js',
    LD_PRELOAD: '/x.so',
    SSH_AUTH_SOCK: '/x',
    path: '/lower',
  }
  expect(jobEnvironment({ ...useful, ...secret }, [])).toEqual(useful)
  expect(jobEnvironment(secret, ['HF_TOKEN', 'ABSENT'])).toEqual({ HF_TOKEN: 'k' })
})
