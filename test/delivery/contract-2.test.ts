import { contractShare } from './contract-shares.ts';

contractShare(2);
